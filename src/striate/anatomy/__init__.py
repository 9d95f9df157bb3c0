"""The arithmetic of any network: shapes, parameters, multiply-adds, memory, receptive fields, with the formula."""

"""The arithmetic of any network: shapes, parameters, multiply-adds, memory, fields, with the formula."""

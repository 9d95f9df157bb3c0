"""What a CPU has that decides in which precision engines are quick on it. Imports no torch."""

BF16_FEATURES = frozenset({"avx512_bf16", "amx_bf16"})  # it multiplies bfloat16 itself

from small_weights import state, store_home  # noqa: F401

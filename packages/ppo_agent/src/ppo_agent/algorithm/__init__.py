"""The algorithm: pure functions, jitted; nothing here touches a file or a clock."""

"""The subcommands of `eval-tools`, one file each."""

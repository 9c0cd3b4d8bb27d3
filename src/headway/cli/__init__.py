"""The commands of the headway program."""

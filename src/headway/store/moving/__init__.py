"""Moving house: everything of a store copied into another, of the same kind or not."""

"""What the API answers: the records of the command line, in camel case, with the types that the published description tells."""

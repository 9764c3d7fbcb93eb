"""What the oversight's capabilities show, one module each."""

"""From request to response: headers, negotiation, envelopes, errors, the OpenAPI document."""

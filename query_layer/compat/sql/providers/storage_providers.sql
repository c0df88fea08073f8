{{ providers/provider_rows }}

{{ api_view(ref("client_allocator_distribution_weekly_acc")) }}

"""What a message means: thread, customer, judgement, status, reply. Pure: values in, values out."""

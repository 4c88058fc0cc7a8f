"""What is shipped beside the wheel, made from one table of clients; `make ship` renews it all."""

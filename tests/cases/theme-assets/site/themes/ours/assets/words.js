const ours = 1;

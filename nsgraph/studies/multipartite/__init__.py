"""Study A: networks as multipartite graphs."""

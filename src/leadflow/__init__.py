"""leadflow: score, rate, route, move, dispose of and report on sales leads."""

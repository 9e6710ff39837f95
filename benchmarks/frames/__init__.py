"""How fast is one model on whole dataframes, beside the queries one would write by hand?"""

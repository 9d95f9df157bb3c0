"""The first line of a list of pictures that Striate writes, by which it knows its own lists again.

Every reader of CSV finds the columns image, label and split. The quotes around the last name are the mark: a
list that a person or another program wrote, or saved again, has none there or everywhere.
"""

HEADERS = {True: 'image,label,"split"\n', False: 'image,"label"\n'}  # with parts or without

"""notifier: writes every letter, sends it by e-mail, and keeps it readable with its delivery state.

Hears: UserRegistered, EducatorIdentified, NameChanged, ContactChanged, AccessGranted, AccessRevoked (to whom letters
    go), and every fact that has a letter (`consumers.py`).
Says: nothing.
Keeps: accounts, educators, contact addresses and officials as others last said them; for a month what institutions were
    asked for; letters.

A letter goes through three hands. A consumer notes that it is due, in the transaction that hears its fact
(`actions/post.py`). The writer puts it into words as soon as its recipient is known (`actions/writing.py`). The sender
hands it to the mail server (`sender.py`, `actions/delivery.py`).
"""

"""Who educators are: one person, one number, one Educator ID; the SSN vault, the legal name, the contact address.

Hears: UserRegistered (name, address and language to carry over into the record).
Says: EducatorIdentified, NameChanged, ContactChanged, ContactConfirmationRequested, IdentityCaseOpened,
    IdentityDocumentsRequested, IdentityCaseClosed.
Keeps: persons, the vault with its blind index, addresses that wait to be confirmed, identity cases, attempts.
"""

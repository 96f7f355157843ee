"""identity: who may come in, and in which role.

Keeps accounts (one username, one confirmed sign-in address each), registrations that wait for their address to be
confirmed, sessions, granted roles and the requests for them.

Hears: IdentityCaseClosed (the same person has another account: this one is closed).
Says: UserRegistered, EmailConfirmationRequested, RegistrationRepeated, UsernameReminderRequested,
PasswordResetRequested, PasswordChanged, AccountLocked, AccountClosed, AccessGranted, AccessRefused, AccessRevoked.

Nothing that a stranger can see or time tells whether an address has an account. So a request from outside does the same
work for every address: it leaves an errand, and the errand is run afterwards (`errands.py`).
"""

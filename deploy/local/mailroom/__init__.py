"""The Mailroom: the inbox of everybody in a demonstration. It takes every letter over SMTP, sends none on, and shows
them at `/mailroom` and, for programs, at `/mailroom/messages.json`. At `/mailroom/people` it lists the demonstration's
people, and logs a visitor in as one of them.
"""

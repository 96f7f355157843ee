"""What people see of notifier, in the browser."""

from fastapi import APIRouter

from services.notifier.pages import desk, messages

router = APIRouter(include_in_schema=False)
for part in (messages.router, desk.router):
    router.include_router(part)

"""Everything on the Certificate Status page, in one statement: certificates, open applications, clearances."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Date, Row, Text, Uuid, column, select, text
from sqlalchemy.dialects.postgresql import JSONB

from shared.db import Database

# One statement and no objects of the ORM: this is the page that most people open most often. A record without anything
# gives one row of kind 'record', with the name as educator last said it; an account without a record gives none.
_FOUND: Final = """
(
    WITH holder AS (
        SELECT educator_id FROM educators WHERE account_id = :account_id ORDER BY identified_at DESC LIMIT 1
    )
    SELECT 'record' AS kind, NULL::uuid AS id, educator_id AS code, NULL::jsonb AS areas, NULL::text AS state,
        NULL::date AS first_day, NULL::date AS last_day, concat_ws(' ', first_name, last_name) AS name
    FROM holder LEFT JOIN names USING (educator_id)
    UNION ALL
    SELECT 'certificate', application_id, classification, areas, NULL, effective_on, expires_on, NULL
    FROM certificates JOIN holder USING (educator_id)
    UNION ALL
    SELECT 'application', id, class_code, NULL, state, received_on, NULL, NULL
    FROM applications JOIN holder USING (educator_id) WHERE ended_on IS NULL
    UNION ALL
    SELECT 'clearance', NULL, purpose, NULL, NULL, cleared_on, valid_until, NULL
    FROM clearances JOIN holder USING (educator_id) WHERE ended_on IS NULL AND valid_until IS NOT NULL
) AS found
"""
# A select of named columns around it: what SQLAlchemy learns of the result is then kept from one page to the next.
_OF_ACCOUNT: Final = (
    select(
        column("kind", Text),
        column("id", Uuid),
        column("code", Text),
        column("areas", JSONB),
        column("state", Text),
        column("first_day", Date),
        column("last_day", Date),
        column("name", Text),
    )
    .select_from(text(_FOUND))
    .order_by(text("kind, first_day DESC NULLS LAST, code"))
)


async def of_account(database: Database, account_id: UUID) -> Sequence[Row[Any]]:
    """The rows of an account's educator, each kind together, the newest first."""
    return await database.rows(_OF_ACCOUNT, {"account_id": account_id})

"""Switches each guard off and sees the tests that rest on it turn red: `make sabotage`.

A test that cannot fail is worse than none. Each guard is named here with the test that must notice its
absence; the run fails if one stays green. `python -m tests.sabotage NAME...` tries only these.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from tests.faults.sabotages import ALL

ROOT: Final = Path(__file__).resolve().parents[1]

# guard -> the test that must turn red, as pytest names it after `tests/`
NOTICED_BY: Final[dict[str, str]] = {
    "publish_apart": "faults/test_saying.py -k test_1",
    "publish_in_memory": "faults/test_saying.py -k test_2",
    "publish_at_once": "faults/test_saying.py -k test_10",
    "no_inbox": "faults/test_saying.py -k test_3",
    "no_inbox ": "faults/test_hearing.py -k test_4_killed_after",
    "offsets_first": "faults/test_hearing.py -k test_4_killed_in",
    "no_idle_timeout": "faults/test_hearing.py -k test_5",
    "by_last_id": "faults/test_saying.py -k test_7",
    "no_sequence_lock": "faults/test_saying.py -k test_7",
    "no_leader": "faults/test_saying.py -k test_8",
    "no_last_look": "faults/test_saying.py -k before_sigterm",
    "unsafe_commit": "faults/test_database_killed.py",
    "ordinary_parser": "faults/test_hearing.py -k test_17",
    "ordinary_consumer": "faults/test_reading.py",
    "no_parking": "faults/test_hearing.py -k test_17",
    "park_everything": "faults/test_hearing.py -k what_the_world",
    "strict_reading": "faults/test_change.py -k test_18",
    "loud_rebuild": "faults/test_change.py -k test_19_a_read_model",
    "long_cache": "faults/test_sessions.py -k a_minute_later",
    "no_count": "faults/test_sessions.py -k lock_holds",
    "last_comes_wins": "faults/test_order.py -k small",
    "one_number_for_many": "educator/test_identification.py -k eight_accounts_with_one_number",
    "two_certificates": "certificate/test_applications.py -k no_second_certificate",
    "no_lock_on_application": "certificate/test_applications.py -k who_issue_at_once",
    "any_version": "certificate/test_applications.py -k the_second_is_told",
    "any_version ": "faults/test_issuing.py",
    "no_rules": "certificate/test_applications.py -k ends_before_issue",
    "any_institution": "certificate/test_applications.py -k another_institution",
    "one_person_for_both": "certificate/test_applications.py -k needs_two_people",
    "any_name_signs": "certificate/test_pages_apply.py -k as_it_was_shown",
    "one_score_for_all": "certificate/test_rules_examples.py -k test_example",
    "unseen_facts": "certificate/test_applications.py -k while_an_application_is_being_submitted",
    "any_clock": "faults/test_clock.py -k behind",
    "officials_of_any_time": "notifier/test_officials.py -k official_then",
    "letters_stay": "notifier/test_officials.py -k official_then",
    "roles_beside_requests": "notifier/test_officials.py -k side_by_side",
    "boundless_reader": "fingerprint/test_ebts_hostile.py -k limit_is_enforced",
    "reader_looks_again": "fingerprint/test_ebts_hostile.py -k twice_the_work",
    "no_fence": "fingerprint/test_leases.py -k a_frozen_importer",
    "removed_before_kept": "fingerprint/test_spool_troubles.py -k database_away",
    "taken_again": "fingerprint/test_groups.py -k no_second_time",
    "numbers_not_held": "fingerprint/test_together.py -k versions",
    "any_check_digit": "fingerprint/test_rules_addressing.py -k a_case_number",
    "two_people_named": "fingerprint/test_by_submission.py -k somebody_else",
    "names_say_nothing": "fingerprint/test_results.py -k contradicting_name",
    "number_alone_ties": "fingerprint/test_by_submission.py -k birth_date",
    "newest_comes_last": "fingerprint/test_rules_deciding.py -k a_correction_supersedes",
    "new_prints_wash": "fingerprint/test_rules_deciding.py -k wash_an_open",
    "clear_for_ever": "fingerprint/test_expiring.py -k a_year_of_days",
    "undone_whatever_rests": "fingerprint/test_undoing.py -k not_undone",
    "decided_or_not": "fingerprint/test_undoing.py -k not_undone",
    "notices_go": "fingerprint/test_undoing.py -k a_notice_stays",
    "refusal_in_sight": "fingerprint/test_rules_deciding_over.py -k that_is_over_changes_nothing",
    "record_in_sight": "fingerprint/test_neutrality_in_bulk.py -k second_answer",
    "old_keys_serve": "fingerprint/test_rotating.py -k read_the_old_key",
    "sealed_as_long_as_it_is": "fingerprint/test_results.py -k no_longer_than_none",
    "compartment_in_sight": "fingerprint/test_results.py -k a_notice_goes",
    "boundless_bundle": "fingerprint/test_bundles.py -k a_bomb",
    "any_role": "access/test_table.py -k each_person",
    "any_form": "shared/test_web.py -k only_our_own_forms",
    "past_knows_all": "certificate/test_rules_examples.py -k test_example",
}
_SUMMARY: Final = re.compile(r"^(FAILED|ERROR) .*", re.MULTILINE)


def turns_red(guard: str, where: str) -> tuple[bool, str]:
    """Whether the test fails (not: cannot be run) with the guard off, and what it says."""
    path, *rest = where.split()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "--no-header", f"tests/{path}", *rest],
        cwd=ROOT,
        env={**os.environ, "FAULTS_SABOTAGE": guard},
        capture_output=True,
        text=True,
        check=False,
    )
    said = _SUMMARY.search(done.stdout)
    told = said.group(0) if said else (done.stdout or done.stderr).strip().splitlines()[-1]
    return done.returncode == 1 and told.startswith("FAILED"), told


def main() -> None:
    """Try each."""
    chosen = set(sys.argv[1:])
    if missing := ALL.keys() - {guard.strip() for guard in NOTICED_BY}:
        raise SystemExit(f"No test is named for: {', '.join(sorted(missing))}")
    green = []
    for guard, where in NOTICED_BY.items():
        name = guard.strip()
        if chosen and name not in chosen:
            continue
        began = time.monotonic()
        red, told = turns_red(name, where)
        print(f"{'red ' if red else 'GREEN'} {name:20} {time.monotonic() - began:5.0f} s  {told[:150]}", flush=True)
        if not red:
            green.append(name)
    if green:
        raise SystemExit(f"Nobody notices the absence of: {', '.join(green)}")


if __name__ == "__main__":
    main()

"""What is said of files, bundles and folders that something is wrong with: a sentence for every code."""

from typing import Final

from services.fingerprint import bundles, ebts

# Of a quarantined file, whatever found what is wrong with it.
SENTENCES: Final[dict[str, str]] = {
    **ebts.SENTENCES,
    **bundles.SENTENCES,
    "refused": "The file can be read, but this system failed to take it in each time. Tell its operator.",
}

# Of a folder of a source, or of what lies in it.
TROUBLES: Final[dict[str, str]] = {
    "folder": "A folder of results cannot be read or written. Nothing is taken in from it meanwhile.",
    "file": "A file of results cannot be read, taken in or removed. It is tried again, and others go on.",
    "large": "A file is too large to be kept, and cannot be read. Remove it from the folder, or have it sent in parts.",
    "hangs": "Reading from a folder of results hangs. It is tried again, and other folders go on.",
    "key": "A process of this system lacks a key that is needed to take results in. Nothing goes on there until it is"
    " restarted with every key. Tell its operator.",
    "waits": "A signal or list came long ago, and files that it names are not there or are not as it says.",
    "unheeded": "Something has lain in a folder of results for long and is not read: a folder, a link, a file whose"
    " name says that it is unfinished, or one whose signal or list does not come. Tell whoever put it there.",
}

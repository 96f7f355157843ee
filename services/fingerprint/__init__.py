"""fingerprint: what the state and the FBI answer about an educator's prints, and whether that clears them.

Hears `EducatorIdentified`, `NameChanged`. Says `ResultReceived`, `ReprintRequested`, `PrintsRejectedTwice`,
`FingerprintCleared`, `ClearanceExpiring`, `ClearanceEnded`. Keeps every answer, encrypted: criminal history never
leaves this service, and within it only an adjudicator who stated a purpose reads it.
"""

"""What an educator applies for and holds: applications and certificates.

Hears: EducatorIdentified, NameChanged, ResultReceived, ReprintRequested, FingerprintCleared, ClearanceEnded.
Says: ApplicationReceived, RecommendationRequested, ApplicationRecommended, RecommendationTakenBack,
    ApplicationReturned, RequirementRecorded, InformationRequested, InformationReceived, ApplicationReminded,
    ApplicationClosed, DraftExpiring, DraftDropped, CertificateIssued.
Keeps: drafts, applications with all that happened to them, certificates, the clearances they rest on, names to list.
"""

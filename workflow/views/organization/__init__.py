"""組織・役割: who holds which post on a day, and the forms in which the 事務局 changes it."""

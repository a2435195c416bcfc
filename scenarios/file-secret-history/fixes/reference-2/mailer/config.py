"""Settings of the mailer."""
import os

API_URL = "https://api.mail.example/v1/messages"
SENDER = "Lighthouse News <news@lighthouse.example>"

API_KEY = os.environ.get("MAIL_API_KEY", "")
if not API_KEY:
    raise SystemExit("MAIL_API_KEY is not set; see .env.example")

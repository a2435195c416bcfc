from tester import seed


@seed
def make(t):
    (t.data / "service.log").write_text(
        "09:01 service started\n"
        "09:02 db timeout after 30s\n"
        "09:03 GET /cart;id=7 -> 200\n"
        "09:04 odd price <b>12</b> & more\n"
        "09:07 db Timeout after 30s\n"
        "09:09 cache timeout\n"
        "09:10 service stopped\n"
    )

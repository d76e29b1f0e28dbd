import base64

from odoo.tools import file_open

NAME = "Workbay Headquarters 沃贝总部"
CHARTS = ("cn", "cn_large_bis")
TIME_ZONE = "Asia/Shanghai"
LOGO = "workshop_demo/static/img/logo.png"


def company(env):
    return env.ref("base.main_company")


def load(env):
    """Make the main company a Chinese headquarters, before its first store opens.

    Country, currency and chart come first: a country set on a new company may install
    a localisation, which commits in the middle of everything else.
    """
    hq = company(env)
    if hq.chart_template in CHARTS:
        return
    with file_open(LOGO, "rb") as logo:
        hq.write(
            {
                "name": NAME,
                "currency_id": env.ref("base.CNY").id,
                "logo": base64.b64encode(logo.read()),
            }
        )
    hq.partner_id.write(
        {
            "tz": TIME_ZONE,
            "state_id": env.ref("base.state_cn_SH").id,
            "city": "上海市静安区",
            "street": "南京西路 1515 号",
            "zip": "200040",
            "phone": "021-5555 0100",
            "email": "hq@workbay.example",
        }
    )
    hq.country_id = env.ref("base.cn")
    hq.resource_calendar_id.tz = TIME_ZONE
    _load_chart(env, hq)
    # HQ's standards name what the customer pays.
    hq.account_price_include = "tax_included"


def _load_chart(env, hq):
    if not env.registry.loaded:
        # Odoo has put off its own guess of a chart until all modules are loaded, and
        # would then replace this one and every journal with it.
        env.registry._auto_install_template = lambda env: None
    env["account.chart.template"].try_loading("cn", hq)

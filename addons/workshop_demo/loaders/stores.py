from . import headquarters, tables

ADDRESS = ("city", "street", "zip", "phone", "email")


def load(env):
    regions = _load_regions(env)
    bays = tables.rows("bays")
    for row in tables.rows("stores"):
        if store(env, row["code"]):
            continue
        opened = env["res.company"].open_store(
            {
                **{name: row[name] for name in ADDRESS},
                "store_code": row["code"],
                "name": row["name"],
                "parent_id": headquarters.company(env).id,
                "region_id": regions[row["region"]].id,
                "state_id": env.ref(row["state"]).id,
                "tz": headquarters.TIME_ZONE,
            }
        )
        opened.account_price_include = opened.parent_id.account_price_include
        env["workshop.bay"].create([{**bay, "company_id": opened.id} for bay in bays])


def store(env, code):
    return env["res.company"].search([("store_code", "=", code)])


def stores(env):
    """The demo's stores by code; those that somebody closed are left out."""
    found = ((row["code"], store(env, row["code"])) for row in tables.rows("stores"))
    return {code: company for code, company in found if company}


def regions(env):
    """The demo's regions by the code that the tables give them."""
    return {
        row["code"]: env["workshop.region"].search(
            [("name", "=", row["name"])], limit=1
        )
        for row in tables.rows("regions")
    }


def _load_regions(env):
    for row in tables.rows("regions"):
        if not regions(env)[row["code"]]:
            env["workshop.region"].create({"name": row["name"]})
    return regions(env)

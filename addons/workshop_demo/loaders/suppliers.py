from . import headquarters, parts, tables

ADDRESS = ("city", "street", "phone", "email")


def load(env):
    """Say of whom each part is bought, where nobody has said it yet."""
    by_ref = _load_suppliers(env)
    known = parts.parts(env)
    for row in tables.rows("parts"):
        template = known[row["code"]].product_tmpl_id
        if template.seller_ids:
            continue
        partner, delay = by_ref[row["supplier"]]
        env["product.supplierinfo"].create(
            {
                "product_tmpl_id": template.id,
                "partner_id": partner.id,
                "price": float(row["cost"]),
                "currency_id": headquarters.company(env).currency_id.id,
                "delay": delay,
                "company_id": False,
            }
        )


def _load_suppliers(env):
    """By number of the demo's suppliers: pairs of a partner and its delay in days."""
    rows = tables.rows("suppliers")
    found = env["res.partner"].search([("ref", "in", [row["ref"] for row in rows])])
    known = {partner.ref: partner for partner in found}
    for row in rows:
        if row["ref"] not in known:
            known[row["ref"]] = env["res.partner"].create(_prepare_vals(env, row))
    return {row["ref"]: (known[row["ref"]], int(row["delay"])) for row in rows}


def _prepare_vals(env, row):
    return {
        **{name: row[name] for name in ADDRESS},
        "ref": row["ref"],
        "name": row["name"],
        "is_company": True,
        "country_id": env.ref("base.cn").id,
        "state_id": env.ref(row["state"]).id,
        "lang": tables.CHINESE,
        "company_id": False,
    }

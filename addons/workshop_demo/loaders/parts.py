from . import headquarters, stores, tables

UNITS = {"unit": "uom.product_uom_unit", "L": "uom.product_uom_litre"}


def load(env):
    categories = _load_categories(env)
    known = parts(env)
    missing = [row for row in tables.rows("parts") if row["code"] not in known]
    made = env["product.product"].create(
        [_prepare_vals(env, row, categories) for row in missing]
    )
    for product, row in zip(made, missing, strict=True):
        tables.translate(product, name=_title(row["brand_zh"], row["name_zh"]))
    _set_costs(env, made, missing)


def parts(env):
    """The demo's parts by their number."""
    codes = [row["code"] for row in tables.rows("parts")]
    found = env["product.product"].search([("default_code", "in", codes)])
    return {product.default_code: product for product in found}


def _load_categories(env):
    categories = env["product.category"]
    names = {row["category"]: None for row in tables.rows("parts")}
    return {
        name: categories.search([("name", "=", name)], limit=1)
        or categories.create({"name": name})
        for name in names
    }


def _prepare_vals(env, row, categories):
    return {
        "name": _title(row["brand"], row["name"]),
        "default_code": row["code"],
        "categ_id": categories[row["category"]].id,
        "type": "consu",
        "is_storable": True,
        "invoice_policy": "delivery",
        "uom_id": env.ref(UNITS[row["uom"]]).id,
        "list_price": float(row["price"]),
        "company_id": False,
    }


def _title(brand, name):
    return f"{brand} {name}"


def _set_costs(env, products, rows):
    """Every company keeps its own cost of a part."""
    hq = headquarters.company(env)
    for company in (hq, *stores.stores(env).values()):
        for product, row in zip(products.with_company(company), rows, strict=True):
            product.standard_price = float(row["cost"])

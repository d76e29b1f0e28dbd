from . import parts, stores, tables


def load(env):
    """Count what lies in each store, for parts that were never moved there."""
    amounts = {row["code"]: float(row["stock"]) for row in tables.rows("parts")}
    products = parts.parts(env)
    for store in stores.stores(env).values():
        shelf = _shelf(env, store)
        missing = {
            code: product
            for code, product in products.items()
            if product not in _moved(store, products)
        }
        quants = env["stock.quant"].with_company(store)
        quants.with_context(inventory_mode=True).create(
            [
                {
                    "product_id": product.id,
                    "location_id": shelf.id,
                    "inventory_quantity": amounts[code],
                }
                for code, product in missing.items()
            ]
        ).action_apply_inventory()


def _shelf(env, store):
    warehouses = env["stock.warehouse"].with_company(store)
    return warehouses.search(
        [("company_id", "=", store.id), ("code", "=", store.store_code)]
    ).lot_stock_id


def _moved(store, products):
    """Parts of which the store has ever had some."""
    return {
        product
        for (product,) in store.env["stock.move"]._read_group(
            [
                ("company_id", "=", store.id),
                ("product_id", "in", [product.id for product in products.values()]),
            ],
            ["product_id"],
        )
    }

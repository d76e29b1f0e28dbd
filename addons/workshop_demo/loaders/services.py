from odoo.fields import Command

from . import drawings, parts, staff, stores, tables, vehicles

RELEASE = "2025.1"
EFFECTIVE_ON = "2025-01-01"


def load(env):
    """HQ's services, in one release that has been in force for a while."""
    if release(env):
        return
    categories = _load_categories(env)
    draft = env["workshop.release"].create(
        {"name": RELEASE, "effective_on": EFFECTIVE_ON}
    )
    versions = _create_versions(env, draft, categories)
    _create_steps(env, versions)
    _create_kits(env, versions)
    _create_rates(env, versions)
    _create_packages(env, draft, versions, categories)
    _allow_off_standard(env, draft)
    draft.with_user(staff.hq_manager(env)).action_release()
    _carry_parts(env)


def release(env):
    return env["workshop.release"].search([("name", "=", RELEASE)])


def services(env):
    """The demo's services by code."""
    codes = [row["code"] for row in tables.rows("services")]
    found = env["workshop.service"].search([("code", "in", codes)])
    return {service.code: service for service in found}


def _load_categories(env):
    categories = {}
    for row in tables.rows("service_categories"):
        found = env["workshop.service.category"].search(
            [("name", "=", row["name"])], limit=1
        )
        if not found:
            found = found.create(
                {"name": row["name"], "sequence": int(row["sequence"])}
            )
            tables.translate(found, name=row["name_zh"])
        categories[row["code"]] = found
    return categories


def _create_versions(env, draft, categories):
    rows = tables.rows("services")
    made = env["workshop.service"].create(
        [
            {
                "code": row["code"],
                "name": row["name"],
                "category_id": categories[row["category"]].id,
            }
            for row in rows
        ]
    )
    by_code = {service.code: service for service in made}
    versions = env["workshop.service.version"].create(
        [
            {
                "release_id": draft.id,
                "service_id": service.id,
                "labour_hours": float(row["hours"]),
                "price": float(row["price"]),
                "price_min": float(row["price_min"] or 0),
                "price_max": float(row["price_max"] or 0),
                "is_free": bool(row["free"]),
                "interval_km": int(row["interval_km"]),
                "interval_months": int(row["interval_months"]),
                "linked_service_ids": [
                    Command.set([by_code[code].id for code in row["linked"].split()])
                ],
                "warranty_months": int(row["warranty_months"]),
                "warranty_km": int(row["warranty_km"]),
            }
            for service, row in zip(made, rows, strict=True)
        ]
    )
    for service, row in zip(made, rows, strict=True):
        tables.translate(service, name=row["name_zh"])
        tables.translate(service.product_id, name=row["name_zh"])
    return {version.service_id.code: version for version in versions}


def _allow_off_standard(env, draft):
    """Let stores propose work in their own words, within their rights."""
    env["workshop.service.version"].create(
        {
            "release_id": draft.id,
            "service_id": env.ref("workshop_standard.workshop_service_off_standard").id,
            "labour_hours": 1,
            "price": 0,
        }
    )


def _create_steps(env, versions):
    rows = tables.rows("service_steps")
    steps = env["workshop.service.step"].create(
        [
            {
                "version_id": versions[row["service"]].id,
                "sequence": 10 * position,
                "name": row["name"],
                "instruction": row["instruction"],
                "image": row["picture"] and drawings.drawing(row["picture"]),
                "tool": row["tool"],
                "material": row["material"],
                "technique": row["technique"],
                "is_check": bool(row["check"]),
                "limit_kind": row["limit"],
                "limit_min": float(row["min"] or 0),
                "limit_max": float(row["max"] or 0),
                "unit": row["unit"],
            }
            for position, row in enumerate(rows, 1)
        ]
    )
    for step, row in zip(steps, rows, strict=True):
        tables.translate(
            step,
            name=row["name_zh"],
            instruction=row["instruction_zh"],
            tool=row["tool_zh"],
            material=row["material_zh"],
            technique=row["technique_zh"],
        )


def _create_kits(env, versions):
    products = parts.parts(env)
    env["workshop.service.part"].create(
        [
            {
                "version_id": versions[row["service"]].id,
                "sequence": 10 * position,
                "kind_id": row["kind"]
                and env.ref(f"workshop_vehicle.workshop_part_kind_{row['kind']}").id,
                "product_id": products[row["part"]].id,
                "quantity": float(row["quantity"]),
                "quantity_by": row["quantity_by"] or "kit",
                "brand_ids": [
                    Command.link(vehicles.brand(env, name).id)
                    for name in row["brands"].split("|")
                    if name
                ],
                "fuel_type": row["fuel"],
            }
            for position, row in enumerate(tables.rows("service_parts"), 1)
        ]
    )


def _carry_parts(env):
    """What some stores carry instead of HQ's first choice."""
    products = parts.parts(env)
    found = stores.stores(env)
    env["workshop.store.part"].create(
        [
            {
                "company_id": found[row["store"]].id,
                "kind_id": env.ref(
                    f"workshop_vehicle.workshop_part_kind_{row['kind']}"
                ).id,
                "product_id": products[row["part"]].id,
                "sequence": 10 * position,
            }
            for position, row in enumerate(tables.rows("store_parts"), 1)
            if row["store"] in found
        ]
    )


def _create_rates(env, versions):
    env["workshop.service.rate"].create(
        [
            {
                "version_id": versions[row["service"]].id,
                "class_id": vehicles.vehicle_class(env, row["class"]).id,
                "labour_hours": float(row["hours"]),
                "price": float(row["price"]),
                "price_min": float(row["price_min"] or 0),
                "price_max": float(row["price_max"] or 0),
            }
            for row in tables.rows("service_rates")
        ]
    )


def _create_packages(env, draft, versions, categories):
    rows = tables.rows("service_packages")
    packages = env["workshop.service.package"].create(
        [
            {
                "release_id": draft.id,
                "sequence": 10 * position,
                "code": row["code"],
                "name": row["name"],
                "note": row["note"],
                "category_id": categories[row["category"]].id,
                "price": float(row["price"]),
                "service_ids": [
                    Command.set(
                        [
                            versions[code].service_id.id
                            for code in row["services"].split()
                        ]
                    )
                ],
            }
            for position, row in enumerate(rows, 1)
        ]
    )
    for package, row in zip(packages, rows, strict=True):
        tables.translate(package, name=row["name_zh"], note=row["note_zh"])

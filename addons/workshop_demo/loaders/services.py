from . import parts, staff, tables

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
    draft.with_user(staff.hq_manager(env)).action_release()


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
    versions = env["workshop.service.version"].create(
        [
            {
                "release_id": draft.id,
                "service_id": service.id,
                "labour_hours": float(row["hours"]),
                "price": float(row["price"]),
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


def _create_steps(env, versions):
    rows = tables.rows("service_steps")
    steps = env["workshop.service.step"].create(
        [
            {
                "version_id": versions[row["service"]].id,
                "sequence": 10 * position,
                "name": row["name"],
                "instruction": row["instruction"],
                "tool": row["tool"],
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
        )


def _create_kits(env, versions):
    products = parts.parts(env)
    env["workshop.service.part"].create(
        [
            {
                "version_id": versions[row["service"]].id,
                "sequence": 10 * position,
                "product_id": products[row["part"]].id,
                "quantity": float(row["quantity"]),
            }
            for position, row in enumerate(tables.rows("service_parts"), 1)
        ]
    )

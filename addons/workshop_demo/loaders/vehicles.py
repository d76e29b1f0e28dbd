from . import customers, staff, stores, tables


def load(env):
    known = vehicles(env)
    missing = [row for row in tables.rows("vehicles") if row["vin"] not in known]
    models = _load_models(env)
    owners = customers.customers(env)
    made = env["fleet.vehicle"].create(
        [_prepare_vals(row, models[row["model"]]) for row in missing]
    )
    for vehicle, row in zip(made, missing, strict=True):
        env["workshop.vehicle.owner"].create(
            {
                "vehicle_id": vehicle.id,
                "partner_id": owners[row["owner"]].id,
                "date_from": row["registered"],
            }
        )
    _create_readings(env, made, missing)


def vehicles(env):
    """The demo's vehicles by VIN, archived ones included."""
    numbers = [row["vin"] for row in tables.rows("vehicles")]
    found = (
        env["fleet.vehicle"]
        .with_context(active_test=False)
        .search([("vin_sn", "in", numbers)])
    )
    return {vehicle.vin_sn: vehicle for vehicle in found}


def _load_models(env):
    models = env["fleet.vehicle.model"]
    found = {}
    for row in tables.rows("vehicle_models"):
        maker = brand(env, row["brand"])
        found[row["code"]] = models.search(
            [("brand_id", "=", maker.id), ("name", "=", row["name"])], limit=1
        ) or models.create(
            {
                "brand_id": maker.id,
                "name": row["name"],
                "workshop_class_id": vehicle_class(env, row["class"]).id,
                "default_fuel_type": row["fuel"],
                "transmission": row["transmission"],
                "seats": int(row["seats"]),
                "doors": int(row["doors"]),
                "power": float(row["power"]),
            }
        )
    return found


def vehicle_class(env, code):
    return env.ref(f"workshop_vehicle.workshop_vehicle_class_{code}")


def brand(env, name):
    """The brand of this name, made where it is missing."""
    brands = env["fleet.vehicle.model.brand"]
    return brands.search([("name", "=", name)], limit=1) or brands.create(
        {"name": name}
    )


def _prepare_vals(row, model):
    return {
        "model_id": model.id,
        "license_plate": row["plate"],
        "vin_sn": row["vin"],
        "model_year": row["year"],
        "acquisition_date": row["registered"],
        "color": row["color"],
    }


def _create_readings(env, made, rows):
    """What the stores' advisors read at the car's last two visits."""
    desks = {
        code: staff.desk(env, store)["workshop.vehicle.reading"]
        for code, store in stores.stores(env).items()
    }
    for visit in ("1", "2"):
        for vehicle, row in zip(made, rows, strict=True):
            desks[row["store"]].create(
                {
                    "vehicle_id": vehicle.id,
                    "value": int(row[f"reading_{visit}"]),
                    # Mid-morning in China, said in UTC.
                    "read_at": f"{row[f'read_on_{visit}']} 02:30:00",
                }
            )

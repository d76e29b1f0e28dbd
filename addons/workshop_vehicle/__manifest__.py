{
    "name": "Workshop Vehicle",
    "summary": "Customers' vehicles: owners over time, plate, VIN, odometer readings",
    "version": "19.0.0.1.0",
    "category": "Services/Workshop",
    "license": "AGPL-3",
    "author": "Workbay",
    "depends": ["fleet", "workshop_chain"],
    "external_dependencies": {"python": ["vininfo"]},
    "data": [
        "security/ir.model.access.csv",
        "security/workshop_vehicle_reading_security.xml",
        "views/workshop_vehicle_owner_views.xml",
        "views/workshop_vehicle_reading_views.xml",
        "views/fleet_vehicle_views.xml",
        "views/workshop_vehicle_menus.xml",
    ],
}

{
    "name": "Workshop Chain",
    "summary": "Regions, stores, bays, persons and roles of an auto-repair chain",
    "version": "19.0.0.2.0",
    "category": "Services/Workshop",
    "license": "AGPL-3",
    "author": "Workbay",
    "depends": ["hr", "resource", "account", "stock"],
    "external_dependencies": {"python": ["qrcode"]},
    "data": [
        "data/ir_config_parameter_data.xml",
        "security/workshop_chain_groups.xml",
        "security/ir.model.access.csv",
        "security/res_company_security.xml",
        "security/workshop_badge_security.xml",
        "security/workshop_bay_security.xml",
        "report/workshop_badge_issue_reports.xml",
        "report/workshop_badge_issue_templates.xml",
        "wizards/workshop_badge_issue_views.xml",
        "wizards/workshop_store_open_views.xml",
        "views/workshop_region_views.xml",
        "views/res_company_views.xml",
        "views/workshop_bay_views.xml",
        "views/workshop_badge_views.xml",
        "views/workshop_chain_menus.xml",
    ],
    "assets": {
        "web.assets_backend": [
            # Debian's package lists this file and leaves it out, which breaks every
            # page's console and with it every tour.
            ("remove", "mail/static/lib/selfie_segmentation/selfie_segmentation.js"),
        ],
    },
    "application": True,
}

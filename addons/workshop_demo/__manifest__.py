{
    "name": "Workshop Demo",
    "summary": "A small Chinese repair chain to look at, made by the public methods",
    "version": "19.0.0.1.0",
    "category": "Services/Workshop",
    "license": "AGPL-3",
    "author": "Workbay",
    "depends": ["l10n_cn", "workshop_edge"],
    "post_init_hook": "post_init_hook",
}

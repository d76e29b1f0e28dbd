from odoo.fields import Command

from . import headquarters, stores, tables

DOMAIN = "workbay.example"
GROUP = "workshop_chain.workshop_chain_group_"


def load(env):
    known_stores, known_regions = stores.stores(env), stores.regions(env)
    jobs = _load_positions(env)
    for row in tables.rows("employees"):
        if _find(env, row):
            continue
        region = known_regions.get(row["region"], env["workshop.region"])
        company = (
            known_stores.get(row["store"])
            or region._stores()[:1]
            or headquarters.company(env)
        )
        user = _create_user(env, row, company)
        region.manager_ids = [Command.link(user.id)]
        _create_employee(row, user, jobs[row["job"]])
        # The token is told this once and kept by nobody: whoever needs a badge that
        # can be scanned issues a new one.
        user.issue_badge()


def login(row):
    return f"{row['login']}@{DOMAIN}"


def persons(env):
    """The demo's persons who are still there: a list of (row, user)."""
    found = ((row, _find(env, row)) for row in tables.rows("employees"))
    return [(row, user) for row, user in found if user]


def hq_manager(env):
    """Who answers for the chain's standards."""
    return next(user for row, user in persons(env) if row["job"] == "hq")


def desk(env, store):
    """The environment of the advisor who receives cars in a store."""
    group = env.ref(f"{GROUP}advisor")
    advisor = group.user_ids.filtered(lambda user: user.company_id == store)[:1]
    context = {
        **env.context,
        "allowed_company_ids": store.ids,
        "lang": advisor.lang,
    }
    return env(user=advisor.id, su=False, context=context)


def positions(env):
    """Job positions by the code that the tables give them."""
    # Found by their English name, shown in the caller's language.
    jobs = env["hr.job"].sudo().with_context(lang="en_US", active_test=False)
    return {
        row["code"]: jobs.search([("name", "=", row["name"])], limit=1).with_env(env)
        for row in tables.rows("jobs")
    }


def _find(env, row):
    return env["res.users"].search([("login", "=", login(row))])


def _create_user(env, row, company):
    roles = [env.ref(GROUP + role).id for role in row["roles"].split()]
    user = (
        env["res.users"]
        .with_company(company)
        .create(
            {
                "name": row["name"],
                "login": login(row),
                "email": login(row),
                "lang": tables.CHINESE,
                "tz": headquarters.TIME_ZONE,
                "company_id": company.id,
                "company_ids": [Command.set(company.ids)],
                "group_ids": [Command.set(roles)],
            }
        )
    )
    user.partner_id.phone = row["phone"]
    return user


def _create_employee(row, user, job):
    user.env["hr.employee"].with_company(user.company_id).create(
        {
            "name": user.name,
            "user_id": user.id,
            "company_id": user.company_id.id,
            "job_id": job.id,
            "job_title": job.with_context(lang=tables.CHINESE).name,
            "work_email": user.email,
            "work_phone": row["phone"],
            "resource_calendar_id": user.company_id.resource_calendar_id.id,
            "tz": headquarters.TIME_ZONE,
        }
    )


def _load_positions(env):
    known = positions(env)
    for row in tables.rows("jobs"):
        if not known[row["code"]]:
            job = env["hr.job"].create({"name": row["name"], "company_id": False})
            tables.translate(job, name=row["name_zh"])
    return positions(env)

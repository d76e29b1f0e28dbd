from odoo import models
from odoo.exceptions import UserError

from ..shares import split_amount


class WorkshopOrder(models.Model):
    """Jobs that are priced otherwise than by their own standard."""

    _inherit = "workshop.order"

    def add_again(self, original_job_id, payer):
        """Propose a job again that was not done well, for nothing.

        :param int original_job_id: what has to be made good; of any store.
        :param str payer: ``warranty`` within what the standard promised, ``comeback``
            whenever the store answers for it.
        :return: the new job.
        """
        self.ensure_one()
        self.check_access("write")
        if payer not in ("warranty", "comeback"):
            raise UserError(self.env._("Say whether it is warranty or a comeback."))
        # sudo: the first time may have been in another store of the chain.
        original = self.env["workshop.job"].sudo().browse(original_job_id).exists()
        if not original:
            raise UserError(self.env._("There is no such job."))
        original._check_can_be_made_good(self.sudo(), payer)
        job = self.env["workshop.job"].create(
            [
                {
                    "order_id": self.id,
                    "service_id": original.service_id.id,
                    **original._off_standard_vals(),
                }
            ]
        )
        job._set_free(payer, original)
        return job

    def add_package(self, package_id):
        """Propose a package of the order's release: several services for one price.

        :return: its jobs.
        """
        self.ensure_one()
        package = self.env["workshop.service.package"].browse(package_id)
        if package.release_id != self.release_id:
            raise UserError(
                self.env._(
                    "%(package)s is not offered under %(release)s.",
                    package=package.display_name,
                    release=self.release_id.name,
                )
            )
        return self._add_services_for(package.service_ids, package.price, package.name)

    def _add_services_for(self, services, price, name):
        """Propose services together; their labour costs this price in all."""
        jobs = self.add_services(services.ids)
        shares = split_amount(
            price,
            [job.version_id.price for job in jobs],
            self.currency_id.rounding,
        )
        jobs._put({"package_name": name})
        for job, share in zip(jobs, shares, strict=True):
            job._set_labour_price(share)
        return jobs

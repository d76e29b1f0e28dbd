from odoo import models
from odoo.exceptions import UserError


class WorkshopOrderPricingMixin(models.AbstractModel):
    """Jobs that are priced otherwise than by their own standard."""

    _name = "workshop.order.pricing.mixin"
    _description = "Workshop Order Pricing"

    def add_off_standard(self, text, hours, price):
        """Propose work that no standard describes, at a price within the user's right.

        :param str text: what is to be done, as the customer and the bay read it.
        :param float hours: labour hours agreed for it.
        :param float price: of the labour, tax included, in the store's currency.
        :return: the job.
        """
        self.ensure_one()
        self.check_access("write")
        most = self.env["workshop.discount.limit"]._get_limit("off_standard_price")
        if not isinstance(price, int | float) or not 0 <= price <= most:
            raise UserError(
                self.env._(
                    "You may propose an off-standard job at %(most)s at most: ask"
                    " somebody with more right.",
                    most=self.currency_id.format(most),
                )
            )
        versions = self.release_id._get_versions()
        service = versions.service_id.filtered("is_off_standard")[:1]
        if not service:
            raise UserError(
                self.env._(
                    "%(release)s allows no off-standard work: HQ has to release a"
                    " service for it.",
                    release=self.release_id.name,
                )
            )
        job = self.env["workshop.job"].create(
            [
                {
                    "order_id": self.id,
                    "service_id": service.id,
                    "text": text,
                    "hours": hours,
                }
            ]
        )
        job._set_labour_price(self.currency_id.round(price))
        return job

    def add_again(self, original_job_id, payer):
        """Propose a job again that was not done well, for nothing.

        :param int original_job_id: what has to be made good; of any store.
        :param str payer: ``warranty`` within what the standard promised, ``comeback``
            whenever the store answers for it.
        :return: the new job.
        """
        self.ensure_one()
        self.check_access("write")
        self._lock()
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

        The price is split over its jobs in proportion to what each costs alone on this
        car, so that tax, pay and margin know each job's share.

        :return: its jobs.
        """
        self.ensure_one()
        self.check_access("write")
        self._lock()
        package = self.env["workshop.service.package"].browse(package_id).exists()
        if package not in self.release_id._get_packages():
            raise UserError(
                self.env._(
                    "%(package)s is not offered under %(release)s.",
                    package=package.display_name,
                    release=self.release_id.name,
                )
            )
        if self.job_ids.filtered(
            lambda job: job.package_id == package and job.state != "withdrawn"
        ):
            raise UserError(
                self.env._(
                    "%(package)s is on %(order)s already.",
                    package=package.name,
                    order=self.name,
                )
            )
        split = package._get_price_split(self.vehicle_id, self.company_id)
        jobs = self.add_services([version.service_id.id for version, _share in split])
        jobs._put({"package_id": package.id})
        for job, (_version, share) in zip(jobs, split, strict=True):
            job._set_labour_price(share)
        return jobs

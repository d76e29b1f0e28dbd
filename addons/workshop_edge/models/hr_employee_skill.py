from odoo import api, models


class HrEmployeeSkill(models.Model):
    """Certificates stand on the boards of the stores in which their holder works."""

    _inherit = "hr.employee.skill"

    @api.model_create_multi
    def create(self, vals_list):
        skills = super().create(vals_list)
        skills._mark_boards()
        return skills

    def write(self, vals):
        self._mark_boards()
        result = super().write(vals)
        self._mark_boards()
        return result

    def unlink(self):
        self._mark_boards()
        return super().unlink()

    def _mark_boards(self):
        # sudo: who holds a certificate is no secret from who changes it.
        users = self.sudo().employee_id.user_id
        self.env["workshop.board.change"]._mark_users(users)

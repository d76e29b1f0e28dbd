"""Every code that an outcome or a refusal may carry, in the words shown to a person.

One table for kiosk and Odoo, so that both say the same. Each text says what is wrong
and what to do. Placeholders are names of parameters.
"""

from collections.abc import Mapping
from typing import Any

ENGLISH = "en_US"

WORDING: dict[str, dict[str, str]] = {
    # What the interpreter says.
    "node_unknown": {
        "en_US": "This order's process has no such step ({node}).",
        "zh_CN": "该工单的流程中没有此步骤（{node}）。",
    },
    "node_not_now": {
        "en_US": "“{node}” cannot follow now. Possible: {allowed}.",
        "zh_CN": "现在不能执行“{node}”。可执行：{allowed}。",
    },
    "role_missing": {
        "en_US": "Your badge does not allow this step. It needs: {roles}.",
        "zh_CN": "您的工牌无权执行此步骤，需要：{roles}。",
    },
    "gate_unknown": {
        "en_US": "This step has a condition not known here ({gate}). Tell the office.",
        "zh_CN": "此步骤的条件（{gate}）在此无法识别，请联系门店办公室。",
    },
    "gate_shut": {
        "en_US": "The office has not cleared this step yet ({gate}).",
        "zh_CN": "门店办公室尚未放行此步骤（{gate}）。",
    },
    "certificate_missing": {
        "en_US": "This job is for holders of a valid certificate: {skills}. Ask the"
        " lead for someone who has it.",
        "zh_CN": "此项目须由持有有效证书者施工：{skills}。请联系技师组长另行安排。",
    },
    "parts_not_issued": {
        "en_US": "The parts of this job are not issued yet. Ask the parts keeper.",
        "zh_CN": "此项目的配件尚未领出，请联系配件管理员。",
    },
    "inspection_not_accepted": {
        "en_US": "The inspection has to be accepted first.",
        "zh_CN": "须先接受检测结果。",
    },
    "media_not_verified": {
        "en_US": "Photos or videos of this job are still on their way. Wait for the"
        " network, or have the lead sign for their absence.",
        "zh_CN": "此项目的照片或视频尚未送达。请等待网络恢复，"
        "或由技师组长签字确认缺失。",
    },
    "not_your_job": {
        "en_US": "Only the person working on this job can confirm this.",
        "zh_CN": "只有正在做此项目的人才能确认。",
    },
    "own_work": {
        "en_US": "You worked on this job; another person has to check it.",
        "zh_CN": "您做过此项目，须由他人质检。",
    },
    "person_busy": {
        "en_US": "You are still working on another job. Pause or finish it first.",
        "zh_CN": "您还有进行中的项目，请先暂停或完工。",
    },
    "job_taken": {
        "en_US": "Somebody else is working on this job.",
        "zh_CN": "此项目已有他人在做。",
    },
    "photos_missing": {
        "en_US": "Take {need} photo(s) first; there are {have}.",
        "zh_CN": "请先拍 {need} 张照片，现有 {have} 张。",
    },
    "reason_missing": {
        "en_US": "Choose a reason first.",
        "zh_CN": "请先选择原因。",
    },
    "checklist_missing": {
        "en_US": "Tick and measure everything that this step asks for; {missing} open.",
        "zh_CN": "请完成此步骤的全部检查与测量，尚缺 {missing} 项。",
    },
    "measurement_outside": {
        "en_US": "{value} is outside {limits}: this step cannot be confirmed so.",
        "zh_CN": "测量值 {value} 超出 {limits}，不能确认此步骤。",
    },
    "signature_missing": {
        "en_US": "This step has to be signed first.",
        "zh_CN": "请先签名。",
    },
    "step_unknown": {
        "en_US": "This step is not of this job's procedure. Tell the office.",
        "zh_CN": "此步骤不属于该项目的工序，请联系门店办公室。",
    },
    "value_missing": {
        "en_US": "Enter the value measured at “{step}” first.",
        "zh_CN": "请先填写“{step}”的测量值。",
    },
    "steps_missing": {
        "en_US": "Check off every step first. Open ({missing}): {steps}.",
        "zh_CN": "请先逐项完成工序。未完成（{missing}）：{steps}。",
    },
    "value_outside": {
        "en_US": "“{step}”: {value} is outside {limits}. Redo it and measure again, or"
        " pause and have the office settle it with the customer.",
        "zh_CN": "“{step}”：测量值 {value} 超出 {limits}。请返工后重测，"
        "或暂停并由前台与客户处理。",
    },
    "process_no_start": {
        "en_US": "No node may begin the process.",
        "zh_CN": "流程没有起始节点。",
    },
    "process_unreachable": {
        "en_US": "Node “{node}” can never be reached.",
        "zh_CN": "节点“{node}”永远无法到达。",
    },
    "process_dead_end": {
        "en_US": "From node “{node}” the process can never be finished.",
        "zh_CN": "从节点“{node}”出发，流程无法完成。",
    },
    "process_nobody_may": {
        "en_US": "Nobody may confirm node “{node}”.",
        "zh_CN": "没有人可以确认节点“{node}”。",
    },
    "process_unknown_gate": {
        "en_US": "Node “{node}” has an unknown condition “{gate}”.",
        "zh_CN": "节点“{node}”的条件“{gate}”未定义。",
    },
    "process_shut": {
        "en_US": "Node “{node}” is led to, but its clock or gate never lets it pass.",
        "zh_CN": "可以走到节点“{node}”，但计时或条件使其永远无法确认。",
    },
    "process_clock_runs": {
        "en_US": "At node “{node}” the job is finished while a clock still runs.",
        "zh_CN": "到节点“{node}”项目已结束，但仍在计时。",
    },
    "process_gates_exclude": {
        "en_US": "Node “{node}” wants both who works on the job and nobody who did.",
        "zh_CN": "节点“{node}”既要求施工本人又要求非施工人员，互相矛盾。",
    },
    "process_evidence_twice": {
        "en_US": "Node “{node}” asks for the same check or value twice.",
        "zh_CN": "节点“{node}”重复要求同一检查项或测量值。",
    },
    "process_limits": {
        "en_US": "No value can keep the limits of “{value}” at node “{node}”.",
        "zh_CN": "节点“{node}”的“{value}”上下限矛盾，任何值都无法满足。",
    },
    # What the office is told, too, when it types.
    "order_not_open": {
        "en_US": "The order is not open: nothing on its jobs changes any more.",
        "zh_CN": "工单未在施工中，其项目状态不可再变更。",
    },
    "job_not_agreed": {
        "en_US": "The customer has not agreed to this job, or not any more.",
        "zh_CN": "客户未授权此项目，或已撤回授权。",
    },
    "decided_already": {
        "en_US": "Somebody has decided about this record already.",
        "zh_CN": "此记录已有人处理。",
    },
    "undo_later": {
        "en_US": "“{node}” came after it and builds on it: correct that first.",
        "zh_CN": "其后的“{node}”以此为前提，请先更正后者。",
    },
    "undo_busy": {
        "en_US": "The person has begun other work since: this cannot be undone any"
        " more. Send the job back by a further step instead.",
        "zh_CN": "该人员此后已开始其他工作，无法撤销；请改用后续步骤退回此项目。",
    },
    # What a bay says by itself.
    "order_unknown_here": {
        "en_US": "Not known here yet. Ask the office, or wait for the network.",
        "zh_CN": "此工单在本工位尚未同步，请询问前台或等待网络恢复。",
    },
    "badge_unknown_here": {
        "en_US": "This badge is not known here. Ask the office.",
        "zh_CN": "本工位不认识此工牌，请联系前台。",
    },
    "foreign_code": {
        "en_US": "This code is not one of ours. Show a work order or a badge.",
        "zh_CN": "这不是我们的二维码，请出示工单或工牌。",
    },
    "vin_here": {
        "en_US": "That is the number of a vehicle, {vin}. A bay knows a car by its"
        " sheet only: show the work order.",
        "zh_CN": "读到的是车架号 {vin}。工位只凭工单识别车辆，请出示工单。",
    },
    "part_here": {
        "en_US": "That is the label of a part, {part}. A bay does not know parts: ask"
        " the parts keeper whether it is the right one.",
        "zh_CN": "读到的是配件标签 {part}。工位不识别配件，请向配件管理员核对。",
    },
    "many_codes": {
        "en_US": "Too many codes at once. Show only your badge and the work order.",
        "zh_CN": "画面中的码太多，请只出示工牌和工单。",
    },
    "scan_badge_first": {
        "en_US": "Show your badge first.",
        "zh_CN": "请先出示工牌。",
    },
    "scan_order_first": {
        "en_US": "Show the work order first.",
        "zh_CN": "请先出示工单。",
    },
    "photos_enough": {
        "en_US": "There are {most} photos already. Take one back first.",
        "zh_CN": "照片已达 {most} 张，请先删除一张。",
    },
    "photo_unreadable": {
        "en_US": "That was no usable picture. Take it again.",
        "zh_CN": "照片无法识别，请重拍。",
    },
    "video_unreadable": {
        "en_US": "That was no usable video. Record it again.",
        "zh_CN": "视频无法识别，请重新录制。",
    },
    "video_long": {
        "en_US": "A video may last {most} seconds. Record a shorter one.",
        "zh_CN": "视频最长 {most} 秒，请重新录制短一些的。",
    },
    "video_busy": {
        "en_US": "Another video is being worked on. Wait a moment.",
        "zh_CN": "正在处理另一段视频，请稍候。",
    },
    "video_large": {
        "en_US": "A video may have {most} MB. Record a shorter one.",
        "zh_CN": "视频最大 {most} MB，请重新录制短一些的。",
    },
    "video_coming": {
        "en_US": "A video is still being made ready. Wait for it, or give it up.",
        "zh_CN": "视频尚未就绪，请稍候，或放弃该视频。",
    },
    "media_full": {
        "en_US": "No room for a video until files have been sent. Take photos instead:"
        " they count, even where they cannot be kept.",
        "zh_CN": "空间已满，待文件上传后才能录视频。请改拍照片：即使无法保存也有效。",
    },
    # Why a photo or video that an event names never got to Odoo.
    "media_hash": {
        "en_US": "What arrived is not what was taken. Take it again if you can.",
        "zh_CN": "收到的文件与拍摄时不一致，能重拍请重拍。",
    },
    "media_type": {
        "en_US": "It is of another kind than was announced. Take it again if you can.",
        "zh_CN": "文件类型与登记的不符，能重拍请重拍。",
    },
    "media_size": {
        "en_US": "Its size is not the one announced. Take it again if you can.",
        "zh_CN": "文件大小与登记的不符，能重拍请重拍。",
    },
    "media_unreadable": {
        "en_US": "The file is broken. Take it again if you can.",
        "zh_CN": "文件已损坏，能重拍请重拍。",
    },
    "media_lost": {
        "en_US": "The bay has lost the file. Take it again if you can.",
        "zh_CN": "工位上的文件已丢失，能重拍请重拍。",
    },
    "media_no_room": {
        "en_US": "The bay's disk was full when it was taken: it could not be kept.",
        "zh_CN": "拍摄时工位磁盘已满，未能保存。",
    },
    "not_recorded": {
        "en_US": "NOT recorded: the bay's disk refuses. Tell the office.",
        "zh_CN": "未能记录：工位磁盘写入失败，请联系门店办公室。",
    },
    # What Odoo answers to an event.
    "malformed": {
        "en_US": "The record could not be read. Tell the office.",
        "zh_CN": "记录无法读取，请联系门店办公室。",
    },
    "oversize": {
        "en_US": "The record is too large. Tell the office.",
        "zh_CN": "记录过大，请联系门店办公室。",
    },
    "version": {
        "en_US": "The office has another version. It will be sent again by itself.",
        "zh_CN": "与总部版本不一致，将自动重发。",
    },
    "seal": {
        "en_US": "The bay's signature does not hold. Tell the office.",
        "zh_CN": "工位签名无效，请联系门店办公室。",
    },
    "gap": {
        "en_US": "Records are missing in between. Tell the office.",
        "zh_CN": "记录不连续，请联系门店办公室。",
    },
    "device": {
        "en_US": "This bay unit is not admitted. Tell the office.",
        "zh_CN": "此工位设备未获准入，请联系门店办公室。",
    },
    "conflict": {
        "en_US": "Another record with this number exists. Tell the office.",
        "zh_CN": "相同编号已有另一记录，请联系门店办公室。",
    },
    "foreign_device": {
        "en_US": "The record names another bay unit. Tell the office.",
        "zh_CN": "记录所属设备不符，请联系门店办公室。",
    },
    "order_unknown": {
        "en_US": "No such order in this store.",
        "zh_CN": "本门店没有此工单。",
    },
    "sheet_mismatch": {
        "en_US": "The sheet that was scanned is not this order's. Print it anew.",
        "zh_CN": "扫描的单据与工单不符，请重新打印。",
    },
    "badge_unknown": {
        "en_US": "This badge is not valid any more. Ask the office for a new one.",
        "zh_CN": "工牌无效或已过期，请向门店办公室补办。",
    },
    "order_closed": {
        "en_US": "The order was closed meanwhile. The lead decides about this record.",
        "zh_CN": "工单已关闭，由技师组长处理此记录。",
    },
    "overtaken": {
        "en_US": "The job went on elsewhere. The lead decides about this record.",
        "zh_CN": "该项目已在别处推进，由技师组长处理此记录。",
    },
    "behind_held": {
        "en_US": "It follows a record that waits for the lead's decision.",
        "zh_CN": "其前一记录正等待技师组长处理。",
    },
    "busy": {
        "en_US": "Will be sent again by itself.",
        "zh_CN": "将自动重发。",
    },
    "unexpected": {
        "en_US": "The office could not handle it yet. It will be sent again by itself.",
        "zh_CN": "后台暂未能处理，将自动重发。",
    },
    # What enrolling a bay unit can come to.
    "enrol_unknown": {
        "en_US": "This code is not known. Make a new one in Odoo and show it here.",
        "zh_CN": "此登记码无效，请在系统中重新生成并出示。",
    },
    "enrol_expired": {
        "en_US": "This code has expired: it works for 15 minutes. Make a new one in"
        " Odoo and show it here.",
        "zh_CN": "登记码已过期（有效期 15 分钟），请在系统中重新生成并出示。",
    },
    "enrol_spent": {
        "en_US": "This code has been used by another unit. Make a new one in Odoo and"
        " show it here.",
        "zh_CN": "此登记码已被另一台设备使用，请在系统中重新生成并出示。",
    },
    "enrol_replaced": {
        "en_US": "A newer code was made for this bay. Show that one.",
        "zh_CN": "该工位已生成新的登记码，请出示新码。",
    },
    "enrol_bay_closed": {
        "en_US": "The bay of this code is no longer in use. Make a code for a bay of"
        " your store.",
        "zh_CN": "此登记码对应的工位已停用，请为本店的工位生成登记码。",
    },
    "enrol_other_bay": {
        "en_US": "This unit belongs to another bay or store. Revoke it there in Odoo"
        " first, then show the code again.",
        "zh_CN": "本机已登记在其他工位或门店，请先在系统中吊销，再出示登记码。",
    },
    "enrol_request": {
        "en_US": "The request of this unit was not in order. Restart it and show the"
        " code again.",
        "zh_CN": "本机的登记请求有误，请重启本机后再次出示登记码。",
    },
    "enrol_new_key": {
        "en_US": "The former key of this unit is spent; it makes a new one.",
        "zh_CN": "本机原密钥已作废，正在生成新密钥。",
    },
    "certificate_expired": {
        "en_US": "This unit's certificate has ended. Have a store manager make an"
        " enrolment code in Odoo and show it to the camera; what is recorded here"
        " stays and follows.",
        "zh_CN": "本机证书已到期。请店长在系统中生成登记码并对准摄像头出示；"
        "本机记录保留并会补传。",
    },
    "enrol_unreachable": {
        "en_US": "{host} cannot be reached. Check the network cable or the Wi-Fi; it is"
        " tried again by itself.",
        "zh_CN": "无法连接 {host}，请检查网线或无线网络，系统会自动重试。",
    },
    "enrol_wrong_ca": {
        "en_US": "What answers at {host} is not the server of this code. Nothing was"
        " sent to it. Tell the office.",
        "zh_CN": "{host} 的服务器与登记码不符，未向其发送任何信息，请联系门店办公室。",
    },
    "enrol_busy": {
        "en_US": "Too many attempts from here. It is tried again by itself in a"
        " minute.",
        "zh_CN": "尝试次数过多，一分钟后自动重试。",
    },
    "enrol_office": {
        "en_US": "Odoo does not answer just now. It is tried again by itself.",
        "zh_CN": "系统暂无响应，正在自动重试。",
    },
    "enrol_disk": {
        "en_US": "This unit cannot write to its disk. Have the disk checked.",
        "zh_CN": "本机无法写入磁盘，请检查磁盘。",
    },
    "enrol_not_now": {
        "en_US": "This unit is enrolled and at work. Revoke it in Odoo first if it is"
        " to be enrolled anew.",
        "zh_CN": "本机已登记并正常工作。如需重新登记，请先在系统中吊销。",
    },
}


ROLES: dict[str, dict[str, str]] = {
    "hq_manager": {"en_US": "HQ manager", "zh_CN": "总部经理"},
    "region_manager": {"en_US": "region manager", "zh_CN": "区域经理"},
    "store_manager": {"en_US": "store manager", "zh_CN": "店长"},
    "advisor": {"en_US": "service advisor", "zh_CN": "服务顾问"},
    "parts_keeper": {"en_US": "parts keeper", "zh_CN": "配件管理员"},
    "cashier": {"en_US": "cashier", "zh_CN": "收银员"},
    "technician": {"en_US": "technician", "zh_CN": "技师"},
    "technician_lead": {"en_US": "technician lead", "zh_CN": "技师组长"},
    "qc": {"en_US": "quality inspector", "zh_CN": "质检员"},
}

REASONS: dict[str, dict[str, str]] = {
    "parts": {"en_US": "waiting for parts", "zh_CN": "等配件"},
    "approval": {"en_US": "waiting for approval", "zh_CN": "等授权"},
    "bay": {"en_US": "waiting for a bay", "zh_CN": "等工位"},
    "technician": {"en_US": "waiting for a technician", "zh_CN": "等技师"},
    "customer": {"en_US": "waiting for the customer", "zh_CN": "等客户"},
    "other": {"en_US": "another reason", "zh_CN": "其他原因"},
}


def name_of(table: Mapping[str, Mapping[str, str]], code: str, lang: str) -> str:
    """The name of a role or reason in ``lang``, in English where there is none."""
    names = table.get(code, {})
    return names.get(lang) or names.get(ENGLISH) or code


def word(code: str, params: Mapping[str, Any], lang: str) -> str:
    """The sentence for ``code`` in ``lang``, in English where there is none.

    Role and reason codes among the parameters are named; node codes are the caller's
    to name, who has the process. A missing parameter shows as its name, an unknown
    code as itself.
    """
    texts = WORDING.get(code)
    if texts is None:
        return code
    text = texts.get(lang) or texts.get(lang.replace("-", "_")) or texts[ENGLISH]
    shown = {key: _shown(key, value, lang) for key, value in params.items()}
    return text.format_map(_Named(shown))


def _shown(key: str, value: Any, lang: str) -> str:
    if not isinstance(value, list | tuple):
        return str(value)
    table = {"roles": ROLES, "reasons": REASONS}.get(key, {})
    parts = [name_of(table, str(part), lang) for part in value]
    return ("、" if lang.startswith("zh") else ", ").join(parts)


class _Named(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"

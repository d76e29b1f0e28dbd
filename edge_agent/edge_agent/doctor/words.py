"""What the doctor says: what is, and what is to be done about it."""

WORDS: dict[str, dict[str, str]] = {
    "unexpected": {
        "en": "This could not be checked ({what}). Send this line to headquarters.",
        "zh": "此项无法检查（{what}），请把这一行发给总部。",
    },
    # Libraries and reader
    "libraries": {"en": "Libraries: {list}.", "zh": "程序库：{list}。"},
    "library_missing": {
        "en": "{name} cannot be loaded ({what}). Run “workbay-bay repair”.",
        "zh": "无法加载 {name}（{what}）。请运行“workbay-bay repair”。",
    },
    "library_old": {
        "en": "{name} {version} is older than {least}, the oldest that was tried."
        " Update the system.",
        "zh": "{name} {version} 低于已验证的最低版本 {least}，请更新系统。",
    },
    "codes": {
        "en": "The test code was read by zxing-cpp and pyzbar.",
        "zh": "zxing-cpp 和 pyzbar 均读出了测试码。",
    },
    "codes_unread": {
        "en": "The test code was not read by: {list}. Run “workbay-bay repair”.",
        "zh": "以下程序库未读出测试码：{list}。请运行“workbay-bay repair”。",
    },
    # Videos
    "video": {
        "en": "A video was made.",
        "zh": "可以制作视频。",
    },
    "video_missing": {
        "en": "No videos here, only photos: {list} is missing. Run “sudo apt install"
        " ffmpeg util-linux coreutils”, then restart the bay.",
        "zh": "本工位只能拍照，不能录像：缺少 {list}。请运行“sudo apt install ffmpeg"
        " util-linux coreutils”，然后重启工位主机。",
    },
    "video_broken": {
        "en": "ffmpeg makes no video ({what}). Run “sudo apt install --reinstall"
        " ffmpeg”.",
        "zh": "ffmpeg 无法制作视频（{what}）。请运行“sudo apt install --reinstall"
        " ffmpeg”。",
    },
    # Camera
    "camera": {
        "en": "The camera gives pictures of {width} × {height}, brightness {grey}.",
        "zh": "摄像头画面正常：{width} × {height}，亮度 {grey}。",
    },
    "camera_virtual": {
        "en": "No camera is set: this bay looks at a folder. Set BAY_CAMERA to"
        " picamera2 or v4l2.",
        "zh": "未设置摄像头，本工位只看文件夹。请把 BAY_CAMERA 设为 picamera2 或"
        " v4l2。",
    },
    "camera_browser": {
        "en": "A browser lends its camera: look at the kiosk page.",
        "zh": "使用浏览器的摄像头，请查看工位页面。",
    },
    "camera_none": {
        "en": "The camera ({kind}) gives no picture: {what}. Switch off, press the"
        " ribbon cable in at both ends (contacts to the right side), switch on.",
        "zh": "摄像头（{kind}）没有画面：{what}。请断电，把排线两端插紧（"
        "注意触点方向），"
        "再通电。",
    },
    "camera_black": {
        "en": "The camera sees only black: take the cap or film off its lens, switch"
        " the bay's light on.",
        "zh": "摄像头画面全黑：请取下镜头盖或保护膜，并打开工位照明。",
    },
    "camera_dim": {
        "en": "The picture is dark (brightness {grey}): more light on the place where"
        " sheets are held.",
        "zh": "画面偏暗（亮度 {grey}）：请在出示单据的位置增加照明。",
    },
    "camera_small": {
        "en": "The picture has only {width} × {height} pixels, codes want 1280 × 720:"
        " use another camera.",
        "zh": "画面只有 {width} × {height} 像素，读码需要 1280 × 720，请更换摄像头。",
    },
    "shown": {
        "en": "The code that was held up was read, {px} pixels wide.",
        "zh": "已读出所出示的码，宽 {px} 像素。",
    },
    "shown_foreign": {
        "en": "A code was read that is none of ours ({text}). Hold up a badge or a"
        " sheet.",
        "zh": "读到的不是本系统的码（{text}），请出示工牌或工单。",
    },
    "shown_none": {
        "en": "No code was read in {seconds} s. Hold a badge or sheet still, at an"
        " arm's"
        " length from the camera; clean the lens; turn its focus if it has a ring.",
        "zh": "{seconds} 秒内未读到码。请在距摄像头一臂处拿稳工牌或工单；清洁镜头；"
        "若镜头有对焦环请调焦。",
    },
    # Panel
    "panel_none": {
        "en": "No panel is set: this bay has its screen only.",
        "zh": "未设置面板：本工位只有屏幕。",
    },
    "panel_held": {
        "en": "The running agent has the panel. To check lamps: “systemctl stop"
        " workbay-agent”, then repeat.",
        "zh": "面板由正在运行的程序占用。检查指示灯请先执行"
        "“systemctl stop workbay-agent”再重试。",
    },
    "panel": {
        "en": "Each lamp's pin follows, no button is pressed.",
        "zh": "各指示灯引脚正常，按钮均未按下。",
    },
    "panel_pins": {
        "en": "The panel's pins cannot be used ({what}). Is the user in the group gpio,"
        " is another program using them?",
        "zh": "无法使用面板引脚（{what}）。请检查用户是否在 gpio 组、"
        "是否有其他程序占用引脚。",
    },
    "panel_pressed": {
        "en": "The button “{button}” is pressed though nobody touches it: it sticks, or"
        " its wire touches ground.",
        "zh": "无人触碰但按钮“{button}”处于按下状态：按钮卡住或导线碰到地线。",
    },
    "panel_lamp": {
        "en": "The pin of the lamp “{lamp}” does not follow: look for a short circuit.",
        "zh": "指示灯“{lamp}”的引脚无响应，请检查是否短路。",
    },
    # Disk
    "disk": {
        "en": "{free} MB are free, a write is safe after {ms} ms.",
        "zh": "剩余 {free} MB，写入落盘需 {ms} 毫秒。",
    },
    "disk_no_folder": {
        "en": "{folder} is not there yet: the agent makes it when it first runs.",
        "zh": "{folder} 尚不存在，程序首次运行时会创建。",
    },
    "disk_low": {
        "en": "Only {free} MB are free, photos leave {reserve} MB alone: no photo"
        " can be"
        " taken soon. Look for what fills the disk, or put in a larger card.",
        "zh": "仅剩 {free} MB（照片须保留 {reserve} MB），很快将无法拍照。"
        "请清理磁盘或更换更大的存储卡。",
    },
    "disk_full": {
        "en": "The disk is full ({free} MB free): nothing can be recorded. Make room or"
        " put in a larger card.",
        "zh": "磁盘已满（剩余 {free} MB），无法记录。请清理空间或更换更大的存储卡。",
    },
    "disk_slow": {
        "en": "A write is safe only after {ms} ms: the card is worn or slow. Replace it"
        " with an “A2” or industrial one, or an SSD.",
        "zh": "写入落盘需 {ms} 毫秒：存储卡老化或过慢，请更换 A2"
        " 级、工业级卡或固态硬盘。",
    },
    "disk_read_only": {
        "en": "{folder} cannot be written: the disk is read-only. After a power cut the"
        " system does that to a damaged card: restart; if it stays so, replace it.",
        "zh": "{folder} 无法写入：磁盘为只读。断电后存储卡损坏会如此，请重启；"
        "仍如此请更换。",
    },
    "disk_denied": {
        "en": "{folder} cannot be written ({what}): give it to the user workbay"
        " (“workbay-bay repair”).",
        "zh": "{folder} 无法写入（{what}）：请把它交给用户 workbay"
        "（“workbay-bay repair”）。",
    },
    "media": {
        "en": "Photos and videos take {taken} of {budget} MB.",
        "zh": "照片和视频占用 {taken} MB（上限 {budget} MB）。",
    },
    "media_none": {
        "en": "No photo was taken here yet.",
        "zh": "本工位尚未拍过照片。",
    },
    "media_full": {
        "en": "Photos and videos take {taken} of {budget} MB: they wait to be uploaded."
        " Is the bridge reached?",
        "zh": "照片和视频占用 {taken} MB（上限 {budget} MB），正等待上传。"
        "请检查能否连到网桥。",
    },
    # Certificate
    "certificate": {
        "en": "The certificate holds until {until} ({days} days).",
        "zh": "证书有效期至 {until}（{days} 天）。",
    },
    "not_enrolled": {
        "en": "This unit is no bay yet: show it an enrolment code from Odoo.",
        "zh": "本机尚未登记为工位：请出示 Odoo 中的登记码。",
    },
    "identity": {
        "en": "This unit does not know who it is: {what}",
        "zh": "本机身份资料有误：{what}",
    },
    "certificate_ended": {
        "en": "The certificate ended on {until}: show this unit a new enrolment"
        " code for"
        " its own bay; what it recorded is kept.",
        "zh": "证书已于 {until} 到期：请为本工位出示新的登记码，已记录的内容会保留。",
    },
    "certificate_early": {
        "en": "The certificate begins on {begin}, the clock says {now}: set the clock.",
        "zh": "证书自 {begin} 起有效，而本机时钟为 {now}：请校准时钟。",
    },
    "certificate_soon": {
        "en": "The certificate ends on {until}, in {days} days, and was not renewed: it"
        " is renewed by itself once the broker is reached.",
        "zh": "证书将于 {until} 到期（还有 {days} 天）且尚未续期："
        "连上服务器后会自动续期。",
    },
    # Broker
    "broker": {
        "en": "{broker} is reached, is ours, and admits this device.",
        "zh": "{broker} 可连接、身份正确，并接受本设备。",
    },
    "broker_reached": {
        "en": "{broker} is reached and is ours.",
        "zh": "{broker} 可连接且身份正确。",
    },
    "broker_not_yet": {
        "en": "No broker is known before this unit is enrolled.",
        "zh": "本机登记前不知道服务器地址。",
    },
    "broker_none": {
        "en": "No broker can be used: the bay works on, and sends when one is back.",
        "zh": "没有可用的服务器：工位可继续工作，恢复后自动发送。",
    },
    "broker_name": {
        "en": "The name of {broker} is not known ({what}): network cable, Wi-Fi, DNS.",
        "zh": "无法解析 {broker}（{what}）：请检查网线、Wi-Fi 和 DNS。",
    },
    "broker_silent": {
        "en": "{broker} does not answer ({what}): network, firewall, is it switched"
        " on?",
        "zh": "{broker} 无应答（{what}）：请检查网络、防火墙以及服务器是否开机。",
    },
    "broker_refused": {
        "en": "{broker} is there, but no broker listens: headquarters has to start it.",
        "zh": "{broker} 主机在线，但消息服务未运行：请总部启动。",
    },
    "broker_false": {
        "en": "{broker} is not ours, or its certificate is wrong ({what}). Do not"
        " go on:"
        " tell headquarters.",
        "zh": "{broker} 不是我们的服务器，或其证书有误（{what}）。请勿继续，"
        "并告知总部。",
    },
    "broker_no_tls": {
        "en": "{broker} speaks no TLS 1.3 with us ({what}): is the port right?",
        "zh": "{broker} 无法建立 TLS 1.3 连接（{what}）：端口是否正确？",
    },
    "broker_refuses": {
        "en": "{broker} does not admit this device ({what}): it was revoked. Show it a"
        " new enrolment code.",
        "zh": "{broker} 不接受本设备（{what}）：设备已被停用，请出示新的登记码。",
    },
    "online": {
        "en": "The agent is connected, Odoo answers.",
        "zh": "程序已连接，Odoo 有应答。",
    },
    "connecting": {
        "en": "The broker answers, Odoo does not yet: is the bridge running?",
        "zh": "服务器有应答，Odoo 尚无应答：网桥是否在运行？",
    },
    "offline": {
        "en": "The agent is not connected ({state}). What it records is kept.",
        "zh": "程序未连接（{state}），记录的内容会保留。",
    },
    # Clock and bridge
    "clock": {
        "en": "The clock is within {seconds} s of the bridge's.",
        "zh": "本机时钟与网桥相差 {seconds} 秒。",
    },
    "clock_synced": {"en": "The clock is synchronised.", "zh": "时钟已同步。"},
    "clock_alone": {
        "en": "The clock is not synchronised: allow NTP (UDP 123) or set a time server"
        " in /etc/systemd/timesyncd.conf.",
        "zh": "时钟未同步：请放行 NTP（UDP 123），或在 /etc/systemd/timesyncd.conf"
        " 中设置时间服务器。",
    },
    "clock_off": {
        "en": "The clock is off by {seconds} s: allow NTP (UDP 123). Times on"
        " orders are"
        " right all the same; certificates may be misjudged.",
        "zh": "时钟偏差 {seconds} 秒：请放行 NTP（UDP 123）。工单时间不受影响，"
        "但证书可能被误判。",
    },
    "clock_behind": {
        "en": "The clock says {now}, but Odoo was heard at {last}: set it, and replace"
        " the clock's battery.",
        "zh": "时钟为 {now}，但最近一次 Odoo 时间为 {last}：请校时，并更换时钟电池。",
    },
    "bridge_silent": {
        "en": "The bridge {bridge} is not reached ({what}): photos wait, and the clock"
        " cannot be compared.",
        "zh": "无法连接网桥 {bridge}（{what}）：照片将等待上传，且无法比对时钟。",
    },
    # Kiosk
    "kiosk_runs": {
        "en": "The kiosk of agent {version} answers at {at}.",
        "zh": "工位页面（版本 {version}）在 {at} 正常应答。",
    },
    "kiosk_free": {
        "en": "No agent runs: nothing listens at {at}. “systemctl start"
        " workbay-agent”.",
        "zh": "程序未运行：{at} 无人监听。请执行“systemctl start workbay-agent”。",
    },
    "kiosk_taken": {
        "en": "{at} cannot be listened at ({what}): stop the other program, or set"
        " BAY_KIOSK_PORT.",
        "zh": "{at} 无法监听（{what}）：请停止占用的程序，或设置 BAY_KIOSK_PORT。",
    },
}

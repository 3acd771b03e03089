package parlor;

import cn.leancloud.im.v2.AVIMTypedMessage;
import cn.leancloud.im.v2.annotation.AVIMMessageField;
import cn.leancloud.im.v2.annotation.AVIMMessageType;

/** A message type that an application defines for itself. */
@AVIMMessageType(type = 7)
public class Sticker extends AVIMTypedMessage {
    @AVIMMessageField(name = "sheet")
    private String sheet;

    @AVIMMessageField(name = "number")
    private int number;

    public String getSheet() {
        return sheet;
    }

    public void setSheet(String sheet) {
        this.sheet = sheet;
    }

    public int getNumber() {
        return number;
    }

    public void setNumber(int number) {
        this.number = number;
    }
}

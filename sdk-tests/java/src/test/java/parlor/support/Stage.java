package parlor.support;

import cn.leancloud.AVException;
import cn.leancloud.im.v2.AVIMConversation;
import cn.leancloud.im.v2.AVIMMessage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/** Owns the cast of one test; client ids of different tests never meet. */
public final class Stage {
    private final Parlor parlor;
    private final String run = UUID.randomUUID().toString().substring(0, 8);
    private final List<Login> logins = new ArrayList<>();
    private final List<OtherDevice> devices = new ArrayList<>();

    Stage(Parlor parlor) {
        this.parlor = parlor;
        Sdk.beginTest();
    }

    /** The server of the test. */
    public Parlor parlor() {
        return parlor;
    }

    /** Logs a member of the cast in on another device too, under a tag. */
    public void otherDevice(Login login, String tag) throws IOException {
        OtherDevice device = new OtherDevice(parlor, login, tag);
        devices.add(device);
        device.awaitOpen();
    }

    /** Cuts the connection of everybody as a lost network does. */
    public void breakSocket() throws InterruptedException {
        Sdk.breakSocket();
    }

    /** Kills the server without a warning and starts it again; nobody is connected then. */
    public void restartServer() throws IOException, InterruptedException {
        Sdk.losing(parlor::kill);
        parlor.restart();
    }

    /** A member of the cast who is not logged in. */
    public Login client(String name) {
        Login login = new Login(name + "-" + run);
        logins.add(login);
        return login;
    }

    /** A member of the cast who is not logged in and will be under a tag. */
    public Login client(String name, String tag) {
        Login login = client(name);
        login.tag(tag);
        return login;
    }

    /** A member of the cast, logged in. */
    public Login login(String name) throws AVException {
        Login login = client(name);
        login.open();
        return login;
    }

    /**
     * Sends one message and waits until it has reached everybody: whatever the sender caused before
     * has then reached them too, so what a log does not hold has not been told.
     */
    public static void fence(Login sender, AVIMConversation conversation, Login... receivers)
            throws AVException, InterruptedException {
        AVIMMessage fence = sender.say(conversation, "fence");
        for (Login receiver : receivers) {
            receiver.received(conversation, fence);
        }
    }

    /** Connects again and waits until the sessions of the cast go on. */
    public void reconnect() throws AVException, InterruptedException {
        Sdk.connect();
        for (Login login : logins) {
            login.resume();
        }
    }

    void close() throws AVException, IOException {
        for (OtherDevice device : devices) {
            device.close();
        }
        for (Login login : logins) {
            login.close();
        }
    }
}

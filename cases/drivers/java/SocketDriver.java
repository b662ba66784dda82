import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HashMap;
import java.util.Map;

/** A driver for Java's Socket and ServerSocket. */
final class SocketDriver {
  private static final Protocol.Handles<Socket> sockets = new Protocol.Handles<>();
  private static final Protocol.Handles<ServerSocket> servers = new Protocol.Handles<>();

  private static String receive(Socket socket, String[] words) throws IOException {
    byte[] data = new byte[Integer.parseInt(words[3])];
    return Protocol.received(data, socket.getInputStream().read(data));
  }

  private static void abort(Socket socket) throws IOException {
    try (socket) {
      socket.setSoLinger(true, 0);
    }
  }

  private static String listen(String[] words) throws IOException {
    ServerSocket server = new ServerSocket(Integer.parseInt(words[4]), 0, InetAddress.getByName(words[3]));
    servers.put(words[2], server);
    return "ok " + server.getLocalPort();
  }

  public static void main(String[] args) throws IOException {
    Map<String, Protocol.Verb> verbs = new HashMap<>();
    verbs.put("hello", words -> "ok java-socket abort concurrent");
    verbs.put("quit", words -> null);
    verbs.put("connect", words -> sockets.put(words[2], new Socket(words[3], Integer.parseInt(words[4]))));
    verbs.put("send", sockets.on((socket, words) -> { socket.getOutputStream().write(Protocol.fromHex(words[3])); return null; }));
    verbs.put("recv", sockets.on(SocketDriver::receive));
    verbs.put("finish", sockets.doing(Socket::shutdownOutput));
    verbs.put("shutdown-receive", sockets.doing(Socket::shutdownInput));
    verbs.put("set-linger", sockets.on((socket, words) -> { socket.setSoLinger(true, Integer.parseInt(words[3])); return null; }));
    verbs.put("close", sockets.end(Socket::close));
    verbs.put("abort", sockets.end(SocketDriver::abort));
    verbs.put("listen", SocketDriver::listen);
    verbs.put("accept", servers.on((server, words) -> sockets.put(words[3], server.accept())));
    verbs.put("stop", servers.end(ServerSocket::close));
    verbs.put("spawn", Protocol::spawn);
    Protocol.serve(verbs);
  }
}

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HashMap;
import java.util.Map;

/** A driver for Java's Socket and ServerSocket. */
final class SocketDriver {
  private static final Protocol.Handles<Connection> connections = new Protocol.Handles<>();
  private static final Protocol.Handles<ServerSocket> servers = new Protocol.Handles<>();

  /** A socket, and its streams, which one asks for once. */
  private record Connection(Socket socket, InputStream input, OutputStream output) {
    static String put(String handle, Socket socket) throws IOException {
      return connections.put(handle, new Connection(socket, socket.getInputStream(), socket.getOutputStream()));
    }
  }

  private static String receive(Connection connection, String[] words) throws IOException {
    byte[] data = new byte[Integer.parseInt(words[3])];
    return Protocol.received(data, connection.input.read(data));
  }

  private static void abort(Connection connection) throws IOException {
    try (Socket socket = connection.socket) {
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
    verbs.put("connect", words -> Connection.put(words[2], new Socket(words[3], Integer.parseInt(words[4]))));
    verbs.put("send", connections.on((c, words) -> { c.output.write(Protocol.fromHex(words[3])); return null; }));
    verbs.put("recv", connections.on(SocketDriver::receive));
    verbs.put("finish", connections.doing(c -> c.socket.shutdownOutput()));
    verbs.put("shutdown-receive", connections.doing(c -> c.socket.shutdownInput()));
    verbs.put("set-linger", connections.on((c, words) -> { c.socket.setSoLinger(true, Integer.parseInt(words[3])); return null; }));
    verbs.put("close", connections.end(c -> c.socket.close()));
    verbs.put("abort", connections.end(SocketDriver::abort));
    verbs.put("listen", SocketDriver::listen);
    verbs.put("accept", servers.on((server, words) -> Connection.put(words[3], server.accept())));
    verbs.put("stop", servers.end(ServerSocket::close));
    verbs.put("spawn", Protocol::spawn);
    Protocol.serve(verbs);
  }
}

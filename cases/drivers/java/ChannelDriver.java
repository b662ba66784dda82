import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.HashMap;
import java.util.Map;

/** A driver for Java NIO's SocketChannel and ServerSocketChannel, blocking. */
final class ChannelDriver {
  private static final Protocol.Handles<SocketChannel> channels = new Protocol.Handles<>();
  private static final Protocol.Handles<ServerSocketChannel> servers = new Protocol.Handles<>();

  private static InetSocketAddress address(String[] words) {
    return new InetSocketAddress(words[3], Integer.parseInt(words[4]));
  }

  private static String send(SocketChannel channel, String[] words) throws IOException {
    ByteBuffer data = ByteBuffer.wrap(Protocol.fromHex(words[3]));
    while (data.hasRemaining()) channel.write(data);
    return null;
  }

  private static String receive(SocketChannel channel, String[] words) throws IOException {
    ByteBuffer data = ByteBuffer.allocate(Integer.parseInt(words[3]));
    return Protocol.received(data.array(), channel.read(data));
  }

  private static void linger(SocketChannel channel, int seconds) throws IOException {
    channel.setOption(StandardSocketOptions.SO_LINGER, seconds);
  }

  private static String listen(String[] words) throws IOException {
    ServerSocketChannel server = ServerSocketChannel.open().bind(address(words));
    servers.put(words[2], server);
    return "ok " + server.socket().getLocalPort();
  }

  public static void main(String[] args) throws IOException {
    Map<String, Protocol.Verb> verbs = new HashMap<>();
    verbs.put("hello", words -> "ok java-channels abort concurrent");
    verbs.put("quit", words -> null);
    verbs.put("connect", words -> channels.put(words[2], SocketChannel.open(address(words))));
    verbs.put("send", channels.on(ChannelDriver::send));
    verbs.put("recv", channels.on(ChannelDriver::receive));
    verbs.put("finish", channels.doing(SocketChannel::shutdownOutput));
    verbs.put("shutdown-receive", channels.doing(SocketChannel::shutdownInput));
    verbs.put("set-linger", channels.on((c, words) -> { linger(c, Integer.parseInt(words[3])); return null; }));
    verbs.put("close", channels.end(SocketChannel::close));
    verbs.put("abort", channels.end(channel -> { try (channel) { linger(channel, 0); } }));
    verbs.put("listen", ChannelDriver::listen);
    verbs.put("accept", servers.on((server, words) -> channels.put(words[3], server.accept())));
    verbs.put("stop", servers.end(ServerSocketChannel::close));
    verbs.put("spawn", Protocol::spawn);
    Protocol.serve(verbs);
  }
}
